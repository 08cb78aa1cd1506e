"""A proof becomes what people and programs read of it: a drawing, a page, JSON, JUnit."""
