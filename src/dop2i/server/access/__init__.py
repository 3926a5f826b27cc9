"""Who was let in beyond the rule: grants, requests for access, secret links; and the register of what is closed."""
