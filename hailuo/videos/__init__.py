"""The video's way: probe what came, take its poster, make it small enough to post.

`doctor` is the door. The rest runs in child processes (`hailuo.children`) and is imported there
alone: an API's answer is a stranger's file too.
"""
