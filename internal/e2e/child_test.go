package e2e

const childVariable = "HEADGATE_E2E_CHILD"

func runChild(string) error { return nil }
