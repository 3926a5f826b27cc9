"""What waits for somebody: the desk of who looks after records, and what ends soon for whoever deposits.

It only reads, over all the other folders; what a row asks for is done by their actions.
"""
