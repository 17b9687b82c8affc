"""What schemathesis has to know beside the description."""
import schemathesis

schemathesis.serializer.alias("application/offset+octet-stream", "application/octet-stream")
