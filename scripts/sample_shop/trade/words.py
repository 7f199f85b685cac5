"""Names for what the sample invents. Commas, quotes and accents are there on purpose."""

from __future__ import annotations

FIRST_NAMES = (
    "Alice", "Amélie", "Anil", "Björn", "Chloë", "Daniel", "Eleanor", "Fatima", "George",
    "Grace", "Hannah", "Iga", "Jack", "José", "Karolína", "Liam", "Maeve", "Noah", "Olivia",
    "Priya", 'Robert "Bob"', "Siân", "Thomas", "Ursula", "William", "Zoë",
)  # fmt: skip
LAST_NAMES = (
    "Ahmed", "Bennett", "Brown", "Clarke", "Dubois", "Evans", "Fischer", "García", "Hughes",
    "Jones", "Kowalska", "Lewis", "MacDonald", "Müller", "Núñez", "O'Brien", "Patel", "Roberts",
    "Schäfer", "Smith", "Smith, Jr.", "Taylor", "Walsh", "Williams", "Wright", "Żak",
)  # fmt: skip

# Country, its share of customers in percent, and its cities.
COUNTRIES: tuple[tuple[str, int, tuple[str, ...]], ...] = (
    (
        "GB",
        77,
        (
            "London",
            "Leeds",
            "Glasgow",
            "Cardiff",
            "Bristol",
            "Newcastle, Tyne and Wear",
        ),
    ),
    ("IE", 6, ("Dublin", "Cork", "Dún Laoghaire")),
    ("FR", 5, ("Paris", "Orléans", "Besançon")),
    ("DE", 5, ("Berlin", "München", "Köln")),
    ("ES", 2, ("Madrid", "Málaga", "A Coruña")),
    ("PL", 2, ("Kraków", "Łódź", "Wrocław")),
    ("JP", 3, ("Tōkyō", "Ōsaka", "Kyōto")),
)

# Cities of the countries where a shop that is not in Britain may be.
HOMES = {
    "BR": ("São Paulo", "Brasília", "Feira de Santana, Bahia"),
    "CH": ("Zürich", "Genève", "Bern"),
    "DE": ("Berlin", "München", "Köln"),
    "IN": ("Mumbai", "Bengaluru", "Kochi, Kerala"),
    "JP": ("Tōkyō", "Ōsaka", "Kyōto"),
    "KR": ("Seoul", "Busan", "Jeju"),
    "KW": ("Kuwait City", "Hawalli", "Salmiya"),
    "TN": ("Tunis", "Sfax", "Sousse"),
    "US": ("New York", "San José", "Portland, Maine"),
}

# Category, prefix of its SKUs, lowest and highest price in pounds, whether it is taxed, nouns.
CATEGORIES = (
    (
        "Kitchen",
        "KIT",
        4,
        90,
        True,
        ('12" skillet', "Teapot", "Café bowl", "Bread knife"),
    ),
    ("Books", "BOO", 5, 35, False, ("Field guide", "Novel", "Cookery book", "Atlas")),
    (
        "Food & Drink",
        "FOO",
        2,
        25,
        False,
        ("Marmalade", "Loose tea", "Crème brûlée set", "Oats"),
    ),
    (
        "Toys",
        "TOY",
        3,
        60,
        True,
        ("Jigsaw", "Wooden train", "Kite", 'The "Big" marble run'),
    ),
    (
        "Garden",
        "GAR",
        4,
        120,
        True,
        ("Trowel", "Watering can", "Bird feeder", "Planter"),
    ),
    (
        "Lighting",
        "LIG",
        8,
        150,
        True,
        ("Lantern", "Desk lamp", "Fairy lights", "Candle"),
    ),
    ("Textiles", "TEX", 6, 80, True, ("Tea towel", "Wool throw", "Cushion", "Apron")),
    (
        "Stationery, Cards",
        "STA",
        2,
        20,
        True,
        ("Notebook", "Fountain pen", "Card set", "Ruler"),
    ),
)
STYLES = (
    "plain",
    "striped",
    "oak",
    "enamel, blue",
    "écru",
    'the "heritage" one',
    "small",
    "large",
)

CHANNELS = ("web", "app", "store", "marketplace")
STORE = CHANNELS.index("store")

ORDER_STATUSES = ("open", "partially_shipped", "shipped", "delivered", "cancelled")
OPEN, PARTIALLY_SHIPPED, SHIPPED, DELIVERED, CANCELLED = range(5)

LINE_TYPES = ("goods", "gift_card", "shipping")
GOODS, GIFT_CARD, SHIPPING = range(3)

PAYMENT_METHODS = ("card", "paypal", "bank_transfer", "gift_card")
BY_CARD, BY_PAYPAL, _, BY_GIFT_CARD = range(4)

REASONS = (
    "cancelled", "arrived damaged", "wrong size, sent back", 'customer: "not as shown"',
    "changed their mind", "goodwill", "late, shipping given back", "recalled by the maker",
)  # fmt: skip
ORDER_CANCELLED, *RETURN_REASONS, GOODWILL, LATE, RECALLED = range(len(REASONS))
