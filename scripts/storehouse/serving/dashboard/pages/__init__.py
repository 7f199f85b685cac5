"""One page a module; Streamlit runs it as a script."""
