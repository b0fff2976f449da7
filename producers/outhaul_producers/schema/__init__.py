"""The canonical model as marshmallow schemas: fields, sections and the envelope that holds them."""
