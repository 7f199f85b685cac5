"""What the sample's visits look like: what brings them, what they do, what they do it with."""

from __future__ import annotations

EVENT_TYPES = ("page_view", "product_view", "add_to_cart", "checkout", "purchase")
PAGE_VIEW, PRODUCT_VIEW, ADD_TO_CART, CHECKOUT, PURCHASE = range(5)

SITE = "https://shop.example"
PAGES = ("/", "/search?q=tea", "/collections/kitchen", "/collections/gifts,under-20", "/about")

MARKETING_CHANNELS = (
    "Paid Search",
    "Email",
    "Social",
    "Affiliates",
    "Other",
    "Organic Search",
    "Referral",
    "Direct",
)
PAID_SEARCH, EMAIL, SOCIAL, AFFILIATES, OTHER, ORGANIC_SEARCH, REFERRAL, DIRECT = range(8)

# What an event says about where its visitor came from, the channel that makes, its share of
# the visits: referrer, utm_source, utm_medium, utm_campaign. Empty texts are missing values.
TOUCHES = (
    ("", "", "", "", DIRECT, 26),
    (f"{SITE}/", "", "", "", DIRECT, 4),
    ("https://www.google.com/", "", "", "", ORGANIC_SEARCH, 12),
    ("https://www.google.co.uk/search?q=teapot,+blue", "", "", "", ORGANIC_SEARCH, 6),
    ("https://www.bing.com/", "", "", "", ORGANIC_SEARCH, 3),
    ("https://duckduckgo.com/", "", "", "", ORGANIC_SEARCH, 2),
    ("https://www.google.com/", "google", "cpc", "brand", PAID_SEARCH, 9),
    ("https://www.google.com/", "google", "cpc", "kitchen, generic", PAID_SEARCH, 5),
    ("https://www.bing.com/", "bing", "ppc", "brand", PAID_SEARCH, 2),
    ("", "display-network", "paid", "retargeting", PAID_SEARCH, 2),
    ("", "newsletter", "email", "weekly", EMAIL, 7),
    ("https://mail.example/inbox", "newsletter", "email", "welcome", EMAIL, 3),
    ("https://www.instagram.com/", "instagram", "social", "", SOCIAL, 4),
    ("https://m.facebook.com/", "facebook", "paid_social", "gifts", SOCIAL, 4),
    ("https://deals.example/offers", "dealfinder", "affiliate", "voucher", AFFILIATES, 4),
    ("", "poster", "qr", 'the "underground"', OTHER, 2),
    ("https://blog.example/gift-ideas?via=google.com", "", "", "", REFERRAL, 3),
    ("https://news.example/shop.example-reviewed", "", "", "", REFERRAL, 2),
)
UNSAID, ON_SITE = range(2)  # a typed address, and a page of the shop: both say nothing

# Each letter is an event: v views a page, o another product, p the product that is wanted;
# a adds that one to the cart, c checks out, b buys. With shares of the visits of their kind.
BUYING = (
    ("vpacb", 34),
    ("pacb", 24),
    ("vcb", 14),
    ("cb", 5),
    ("vopacb", 9),
    ("vopapacb", 6),
    ("vvpaccb", 4),
    ("vpacbb", 4),  # the page of thanks, loaded again
)
BROWSING = (
    ("v", 30),
    ("vp", 24),
    ("p", 15),
    ("vop", 10),
    ("vopa", 8),
    ("vovpa", 6),
    ("vpac", 4),
    ("vpacc", 3),
)
CRAWLING = (("v", 40), ("voo", 30), ("v" + 11 * "o", 20), ("v" + 29 * "o", 10))
# At least 20 events, less than a second apart: a bot, whatever it calls itself.
RUSHING = (("v" + 19 * "o", 50), ("v" + 11 * "pa", 30), (49 * "o", 20))
SHORT_OF_RUSHING = "v" + 18 * "o"
STEADY = "v" + 19 * "o"
AT_THE_EDGE = "vovpa"
ONE_MORE = "b"  # a second purchase in a visit

_WEBKIT = "AppleWebKit/537.36 (KHTML, like Gecko)"
WEB_AGENTS = (
    f"Mozilla/5.0 (Windows NT 10.0; Win64; x64) {_WEBKIT} Chrome/131.0.0.0 Safari/537.36",
    f"Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) {_WEBKIT} Version/18.1 Safari/605.1.15",
    f"Mozilla/5.0 (iPhone; CPU iPhone OS 18_1 like Mac OS X) {_WEBKIT} Mobile/15E148",
    "Mozilla/5.0 (X11; Linux x86_64; rv:133.0) Gecko/20100101 Firefox/133.0",
)
APP_AGENTS = ("ShopApp/5.2 (iOS 18.1; iPhone15,3)", "ShopApp/5.2 (Android 15; Pixel 8)")
BOT_AGENTS = (
    "Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)",
    "Mozilla/5.0 (compatible; Yahoo! Slurp; http://help.yahoo.com/help/us/ysearch/slurp)",
    f"Mozilla/5.0 (X11; Linux x86_64) {_WEBKIT} HeadlessChrome/131.0.0.0 Safari/537.36",
    "CCBot/2.0 (https://commoncrawl.org/faq/)",
    "Sitespider 1.1",
    "curl/8.5.0",
    "python-requests/2.32.3",
)
AGENTS = (*WEB_AGENTS, *APP_AGENTS, *BOT_AGENTS)
FIRST_APP, FIRST_BOT = len(WEB_AGENTS), len(WEB_AGENTS) + len(APP_AGENTS)
