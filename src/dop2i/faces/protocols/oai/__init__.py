"""The OAI-PMH 2.0 data provider (http://www.openarchives.org/OAI/openarchivesprotocol.html)."""
