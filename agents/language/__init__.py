"""What people say, understood with the doubt that it carries."""
