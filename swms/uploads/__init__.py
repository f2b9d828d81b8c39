"""What people upload: examined by decoding, stored encrypted, served to those who may see it (S5, S6)."""
