"""The gateway: any OpenAI client in front, any server of Kimi weights behind."""
