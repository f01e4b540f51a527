"""The product's own ids: the same customers, users and visitors in its database and events."""

from hashlib import blake2s


def _digest(*parts: object) -> str:
    return blake2s("/".join(map(str, parts)).encode(), digest_size=8).hexdigest()


def product_customer_id(company_key: str) -> str:
    return f"cus_{_digest('customer', company_key)}"


def product_user_id(person_key: str) -> str:
    return f"usr_{_digest('user', person_key)}"


def visitor_id(key: str, device: int = 1) -> str:
    """The anonymous id of one browser of one visitor."""
    return f"anon-{_digest('visitor', key, device)}"
