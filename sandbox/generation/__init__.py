"""An invented company's customers, written into three tools the way people write them."""
