"""Raw tables that take events from the log, beside the files or pulls they arrive by."""
