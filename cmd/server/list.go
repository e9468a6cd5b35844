package main

type listCommand struct{}

func (listCommand) Run() error { return nil }
