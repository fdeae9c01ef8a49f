"""The Fine Line: do curves of accuracy over training agree across sizes, beyond what any rising curve shares?"""
