"""JSON on its way in and out: parsing, strict decoding into records, encoding, and the OpenAPI document of it all."""
