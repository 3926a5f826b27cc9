"""The protocols by which other programs find what is here: OAI-PMH, the DCAT catalogue, the sitemap."""
