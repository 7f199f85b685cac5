"""What people and programs ask of the published file; nothing here opens the warehouse.

Of the rest of the house only settings, errors, the publisher's paths and, for the mirror, the way
to connect to PostgreSQL are imported.
"""
