"""The server that receives webhooks: checks them, and answers once they are in the event log."""
