"""A page in a browser that shows what is heard on MAVLink links, and the interfaces of others beside it."""
