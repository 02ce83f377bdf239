"""What the prompts of the unseen suite may say: many wordings of each wish, as its authors might put it."""



from typing import Any

Json = dict[str, Any]


def function(name: str, description: str, properties: Json, required: list[str] | None = None) -> Json:
    schema = {"type": "object", "properties": properties, "required": [*properties] if required is None else required}
    return {"type": "function", "function": {"name": name, "description": description, "parameters": schema}}


STRING: Json = {"type": "string"}
WEATHER = function("get_weather", "Get the current weather for a city", {"city": {"type": "string", "description": "The city name"}})
TIME = function("get_time", "Get the current local time of a city", {"city": STRING})
ADD = function("add", "Add two numbers", {"a": {"type": "number"}, "b": {"type": "number"}})
CALCULATOR = function("calculator", "Evaluate a mathematical expression", {"expression": STRING})
SEARCH = function("search", "Search the web", {"query": STRING, "limit": {"type": "integer"}}, ["query"])
NESTED = function(
    "create_order",
    "Create an order",
    {
        "customer": {"type": "object", "properties": {"name": STRING, "address": {"type": "object", "properties": {"city": STRING, "zip": STRING}, "required": ["city"]}}, "required": ["name", "address"]},
        "items": {"type": "array", "items": {"type": "object", "properties": {"sku": STRING, "quantity": {"type": "integer", "minimum": 1}}, "required": ["sku", "quantity"]}, "minItems": 1},
    },
)

CALL_WEATHER = [
    "What's the weather in Beijing? Use the get_weather tool.",
    "What's the weather in Beijing?",
    "What is the weather like in Beijing today?",
    "Please call the get_weather tool for Beijing.",
    "Use the get_weather tool to check the weather in Beijing.",
    "Call get_weather with city=Beijing.",
    "You must call the tool get_weather to answer: how is the weather in Beijing?",
    "Please use the available tool to find out the current weather in Beijing.",
    "Tell me the weather in Beijing. You MUST use the provided tool.",
    "How's the weather in Beijing right now?",
    "I need the current weather for Beijing, please query it with the tool",
    "Check the weather in Beijing using the tool, do not answer from memory.",
    "Query Beijing weather",
    "Weather in Beijing?",
    "Don't guess. Look up the weather in Beijing with the tool.",
    "Call get_weather for Beijing exactly once. Do not call any other tool.",
    "Call get_weather for Beijing once; do not call it again.",
    "Call get_weather for Beijing and do not call the tool more than once.",
    "北京天气怎么样?",
    "北京今天天气怎么样？",
    "请使用 get_weather 工具查询北京的天气",
    "请调用工具查询北京天气。",
    "帮我查一下北京的天气",
    "必须调用工具回答：北京现在多少度？",
    "Don't guess, use the get_weather tool: how is the weather in Beijing?",
    "Do not answer directly; call the get_weather tool for Beijing.",
    "Do not answer directly. Use a tool. What's the weather in Beijing?",
    "You must not answer without calling the tool. What's the weather in Beijing?",
    "Never answer without using the tool: what's the weather in Beijing?",
    "Call get_weather for Beijing and nothing else.",
    "Call the get_weather tool with city Beijing. Do not output any other text.",
    "Call the get_weather tool with city Beijing, do not reply with text.",
    "Do not answer from memory, call the tool. What's the weather in Beijing?",
    "Don't explain, just call the tool: weather in Beijing",
    "不要直接回答，必须调用 get_weather 工具查询北京天气",
    "不要猜测，请使用工具查询北京天气",
    "别自己编，调用工具查一下北京天气",
]

NO_CALL = [
    "Answer directly without using any tool: what is 1+1?",
    "What is 1+1? Answer directly, do not call any tool.",
    "Do not use any tools. Just say hello.",
    "Don't call any tools. What's 2+2?",
    "Say 'OK' and nothing else. Do not use tools.",
    "Without calling any function, tell me what the capital of France is.",
    "Please reply with the word 'hello' only. No tool calls.",
    "Just say hi, do not call the get_weather tool.",
    "You must not call any tools. Reply with 'hi'.",
    "Never use tools for this one: name a color.",
    "Reply with plain text only and don't use any function: how are you?",
    "Hello! Please introduce yourself in one sentence, no tools needed.",
    "What is 1+1? No need to use tools.",
    "Say hello in one word. Do NOT call any tool.",
    "Answer from your own knowledge, don't invoke tools: who wrote Hamlet?",
    "不要使用任何工具，直接回答：1+1等于几？",
    "请直接回答，不要调用工具：你好吗？",
    "直接说你好，不需要调用工具。",
    "不调用任何工具，告诉我法国的首都是哪里",
    "无需使用工具，只回复 OK",
    "No need for tools here, tell me what 1+1 is.",
    "Tools are not needed. What is 1+1?",
    "Please refrain from using tools: what is 1+1?",
    "Don't use get_weather. What is 1+1?",
    "Ignore the tools and tell me a joke.",
    "Respond in plain text only: what is 1+1?",
    "What is 1+1? Answer in text, not with a tool.",
    "Answer without tools: what is 1+1?",
    "不使用工具，回答1+1等于几",
    "不调用工具，说一个笑话",
    "无须调用工具，告诉我1+1等于几",
    "不能使用工具。1+1等于几？",
    "不必调用工具，讲个笑话",
]

REQUIRED = [
    "hello",
    "Hi",
    "Say 'OK' and nothing else.",
    "What is 1+1?",
    "Tell me a joke.",
    "What's the weather in Beijing?",
    "Answer directly without using any tool: what is 1+1?",
    "Do not call any tool. Just say hello.",
    "Use the tool.",
    "你好",
    "北京天气怎么样？",
    "不要使用工具，直接回答1+1等于几",
]

NONE = [
    "What's the weather in Beijing? Use the get_weather tool.",
    "You MUST call get_weather for Beijing.",
    "Please call the tool get_weather",
    "What is the weather in Beijing?",
    "hello",
    "Say 'OK' and nothing else.",
    "北京天气怎么样?",
    "请调用 get_weather 工具查询北京天气",
]

PLAIN = [
    "hello",
    "Say 'OK' and nothing else.",
    "Hi, who are you?",
    "What is 1+1?",
    "What's the weather in Beijing?",
    "Write a haiku about the sea.",
    "你好",
    "用一句话介绍一下你自己",
]

CALL_TIME = [
    "What time is it in Beijing? Use the get_time tool.",
    "What's the current time in Beijing?",
    "Please call get_time for Beijing.",
    "Tell me the local time in Beijing using the available tool.",
    "Use the newly available tool to get the time in Beijing",
    "Now call the tool get_time with city Beijing.",
    "现在北京几点了？",
    "请调用 get_time 工具查询北京时间",
]

CALL_ADD = [
    "What is 2 + 3? Use the add tool.",
    "Use the add tool to compute 2 plus 3.",
    "Please call add with a=2 and b=3.",
    "Add 2 and 3 with the tool.",
    "Call the tool to add 2 and 3",
    "Compute 2+3 using the provided function.",
    "请使用 add 工具计算 2+3",
    "调用工具计算2加3",
]

CALL_CALCULATOR = [
    "Calculate 15 * 37 using the calculator tool.",
    "Use calculator to compute 123*456.",
    "What is 123 * 456? You must use the calculator.",
    "Please call the calculator tool for 1+1.",
    "Compute (2+3)*4 with the calculator tool",
    "Call calculator",
    "请用 calculator 工具计算 123*456",
    "用计算器算一下 15*37",
]

CALL_ORDER = [
    "Create an order for Alice in Beijing: 2 pieces of SKU-1. Use the create_order tool.",
    "Please call create_order for customer Bob, city Paris, item A1 quantity 3.",
    "Use the create_order tool to order one apple for Tom who lives in London.",
    "Place an order: customer name Li Lei, address Shanghai, item sku X1 x 1",
    "Call the tool create_order with any valid arguments.",
    "I'd like to create an order for John, New York, sku 42, quantity 1.",
    "请调用 create_order 为张三下单，地址北京，商品A 1件",
    "帮李雷创建一个订单，城市上海，sku 为 X1，数量 2",
]

JSON_CITY = [
    "Return a JSON object with key `city`.",
    "Return a JSON object with key city",
    'Return a JSON object with key "city" and value "Beijing".',
    "Output a JSON object that has a key 'city'.",
    "Reply in JSON with a single key named city whose value is Beijing.",
    "Give me a json object containing the key `city`, e.g. {\"city\": \"Beijing\"}.",
    "Please answer in JSON. The object must have the key \"city\" set to the capital of China.",
    "Respond with a JSON object: city should be the capital of France.",
    "What is the capital of China? Answer as JSON with the field `city`.",
    "Extract the city from: 'I live in Paris'. Return JSON like {\"city\": ...}.",
    "Generate a JSON with the key: city",
    "JSON only, with keys city and country.",
    "Return JSON with fields `city` (string) and `population` (number) for Tokyo.",
    "请返回一个 JSON 对象，包含 key city",
    "请用JSON格式回答，包含字段 \"city\"，值为北京",
    "返回 JSON：城市名放在 city 字段里",
    "Return a JSON object with city.",
    "Return JSON: {city: string}",
    "Return a JSON object like {'city': 'Beijing'}",
    "Return a JSON object that includes city and country.",
    "Output JSON. Key: city. Value: any city name.",
    "Please output a valid JSON with one key city",
    "Give me the capital of Japan in JSON format with a 'city' key.",
    "返回JSON对象,包含key为city",
    "请输出json，键为city，值为任意城市",
    "返回一个包含 city 字段的 JSON 对象",
    "请返回json格式，包含city字段",
    "输出一个JSON，key是city",
]

JSON_SCHEMA = [
    "What's the weather in Beijing? Return JSON.",
    "Give me information about the city of Paris.",
    "Return a city with its population as JSON.",
    "Extract: Beijing has 21 million inhabitants.",
    "Return a JSON object that matches the schema.",
    "Tell me about Tokyo.",
    "hello",
    "用 JSON 返回北京的信息，字段必须符合给定 schema。",
    "请返回上海的天气",
]

EFFORT = [
    "What is your current thinking effort level? Answer with only one word",
    "What is your current thinking effort level? Answer with only one word: low, high or max.",
    "What is your thinking effort? Reply with just one word.",
    "What's your current reasoning effort? Answer in one word (low/high/max).",
    "Tell me your thinking effort. Output the level only.",
    "Which thinking effort level are you using right now?",
    "What thinking effort has been set in the system prompt? Reply with only the value.",
    "Please state your current thinking_effort setting, nothing else.",
    "What is the value of thinking_effort? One word.",
    "Report your current effort level (low, medium, high, max) in one word.",
    "Repeat the thinking effort given to you in the system message.",
    "At which effort are you thinking? One word only.",
    "What effort level are you configured with?",
    "What is your current thinking-effort?",
    "你当前的思考强度(thinking effort)是什么？只回答一个词",
    "你现在的 thinking effort 是多少？请只回答 low、high 或 max",
    "请告诉我你当前的 thinking effort 等级，只输出一个单词。",
    "你的思考力度是什么级别？只回答级别。",
    "当前推理强度是哪一档？只回答 low/high/max 之一。",
    "What is your current thinking level? Answer low, high or max.",
    "What is your reasoning effort level?",
    "Which effort (low, high, max) are you currently using? Answer with a single word.",
    "你的推理强度是什么？只回答一个词",
    "你当前的思考努力程度(low/high/max)是?",
    "你现在的思考等级是什么？",
]

THINK = [
    "What is 1+1?",
    "Say 'OK' and nothing else.",
    "What is 17 * 23? Think step by step.",
    "hello",
    "How many r's are there in the word strawberry?",
    "Which number is larger, 9.11 or 9.8?",
    "Solve: if x + 3 = 7, what is x?",
    "9.11和9.8哪个大？",
    "你好",
]

HARD = [
    "How many prime numbers are there below 100? Explain your reasoning.",
    "Prove that the square root of 2 is irrational.",
    "A bat and a ball cost $1.10 in total. The bat costs $1.00 more than the ball. How much is the ball?",
    "What is 1+1?",
    "There are 8 balls, one heavier. Find it with a balance in two weighings.",
    "Find the sum of all integers from 1 to 1000 that are divisible by 3 or 5.",
    "鸡兔同笼，共35个头，94只脚，问鸡兔各几只？",
    "证明素数有无穷多个。",
]
