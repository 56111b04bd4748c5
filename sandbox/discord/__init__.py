"""A local stand-in for Discord: REST, gateway, CDN and a control API."""
