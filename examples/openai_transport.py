"""The OpenAI SDK, healed in this process. KIMI_BASE_URL and KIMI_API_KEY say where and with which key."""

import os

import httpx2
from openai import OpenAI

from moonwire.httpx import Transport

URL = os.environ.get("KIMI_BASE_URL", "https://api.moonshot.ai/v1")
KEY = os.environ.get("KIMI_API_KEY") or os.environ["MOONSHOT_API_KEY"]
# What an address that the catalogue does not know is to be taken for, such as a simulated endpoint's.
PLACE = os.environ.get("MOONWIRE_ENDPOINT", "")

http = httpx2.Client(transport=Transport(endpoint=PLACE))
with OpenAI(base_url=URL, api_key=KEY, http_client=http) as client:
    stream = client.chat.completions.create(
        model="kimi-k3",
        messages=[{"role": "developer", "content": "Be brief."}, {"role": "user", "content": "Say 'hello'."}],
        stream=True,
    )
    print("".join(chunk.choices[0].delta.content or "" for chunk in stream if chunk.choices))
    print(stream.response.headers["moonwire-notes"])
