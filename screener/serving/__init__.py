"""The front door, served: the desk in a browser, tools for a language model, notices that go out."""
