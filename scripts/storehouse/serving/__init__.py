"""What people and programs ask of the published file; nothing here opens the warehouse.

Of the rest of the house only settings, errors and the publisher's paths are imported.
"""
