"""How each tool deletes a person for good: a module per tool, of thin functions over its client."""
