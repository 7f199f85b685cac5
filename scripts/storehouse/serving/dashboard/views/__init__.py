"""One page a module, which Streamlit runs as a script.

A folder named `pages` would be found by Streamlit itself, without app.py.
"""
