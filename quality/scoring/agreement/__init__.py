"""How far several people agree, whom that is due to, and what their answers amount to: arrays in, arrays out."""
