"""What schemathesis asks the running mirror for: its own samples, in its own pools.

The API's description cannot know which source URLs a mirror allows, and does not tell. Here the
parameters are narrowed to some whose answers are known: most of them lead to a redirect, and what is
none of them is a mistake that must be refused.
"""

import base64
import os

import schemathesis


def encoded(url):
    return base64.urlsafe_b64encode(url.encode()).decode().rstrip("=")


def urls(mirror):
    sample = f"{mirror}/origin/hello.txt"
    return [
        encoded(sample),
        base64.b64encode(sample.encode()).decode(),
        sample,
        encoded(f"{mirror}/origin/regions%20and%20cities.csv"),
        encoded(f"{mirror}/origin/missing.txt"),
        encoded("https://nobody.example/not-allowed.txt"),
    ]


@schemathesis.hook
def before_load_schema(context, raw_schema):
    parameters = raw_schema["components"]["parameters"]
    for name in ["service", "region", "purge-region"]:
        schema = parameters[name]["schema"]
        schema["enum"] = schema["examples"]
    asked = urls(os.environ["MIRROR"])
    parameters["url"]["schema"] = {"enum": asked, "examples": asked[:4]}
    if "MIRROR_PURGE_TOKEN" in os.environ:
        purge = raw_schema["paths"]["/v1/purge/{service}/{region}/{url}"]["delete"]
        purge["security"] = [{"token": []}]
