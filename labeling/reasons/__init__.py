"""Flag reasons: one object each, which says everything that pages, services and the check need to know about it."""
