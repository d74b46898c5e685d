class RichMix:
    pass
