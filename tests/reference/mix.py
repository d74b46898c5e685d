class ByteMix:
    pass
class TokenMix:
    pass
