"""One module per page, which Streamlit runs as a script.

A folder named `pages` would be used by Streamlit itself, without app.py.
"""
