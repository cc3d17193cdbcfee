"""Reading the barcodes of a label file as a scanner would."""
DPI = 203       # of a thermal printer


def barcodes(pdf):
    """Texts of all barcodes in a PDF, or None where the rasteriser (pypdfium2, a tool of the tests) is not installed."""
    try:
        import pypdfium2
    except ImportError:
        return None
    import zxingcpp
    found = set()
    document = pypdfium2.PdfDocument(pdf)
    try:
        for page in document:
            # Hard black and white, as a thermal head prints it.
            picture = page.render(scale=DPI / 72, grayscale=True).to_pil().point(lambda grey: 255 if grey > 127 else 0)
            found |= {code.text for code in zxingcpp.read_barcodes(picture, try_downscale=False)}
    finally:
        document.close()
    return found
