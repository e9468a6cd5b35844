package main

type runCommand struct{}

func (runCommand) Run() error { return nil }
