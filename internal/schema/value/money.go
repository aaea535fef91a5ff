package value

// money classifies a number that has a currency before or around it.
func money(b []byte) Cell {
	b = Trim(b)
	if len(b) == 0 || b[0]-'0' > 9 && b[0] != '-' && b[0] != '.' {
		return Cell{Form: Text}
	}
	return asMoney(number(b, true))
}

// asMoney is the form of a number that is an amount.
func asMoney(c Cell) Cell {
	switch c.Form {
	case Int:
		c.Key = order(float64(c.Key))
		c.Form = MoneyAny
	case Comma3, Dot3:
		c.Form = MoneyAny
	case Dec, Zero, CommaInt, CommaDec:
		c.Form = Money
	case DecComma, DotInt, DotDec:
		c.Form = MoneyComma
	default:
		return Cell{Form: Text}
	}
	return c
}

// currency takes a symbol or a code off the front of b.
func currency(b []byte) (rest []byte, ok bool) {
	symbols := [...]string{"US$", "A$", "C$", "R$", "$", "£", "€", "¥", "₹", "₽", "₩", "₺", "₫", "฿", "kr", "zł"}
	for _, s := range symbols {
		if len(b) >= len(s) && string(b[:len(s)]) == s {
			return Trim(b[len(s):]), true
		}
	}
	if len(b) >= 3 && isCode(b[:3]) && (len(b) == 3 || b[3] == ' ' || b[3] == '-' || b[3]-'0' <= 9) {
		return Trim(b[3:]), true
	}
	return nil, false
}

// isCode knows the codes of ISO 4217 that trade most.
func isCode(b []byte) bool {
	switch string(b) {
	case "USD", "EUR", "GBP", "JPY", "CNY", "CHF", "CAD", "AUD", "NZD", "SEK", "NOK", "DKK", "PLN", "CZK", "HUF",
		"INR", "BRL", "MXN", "ZAR", "KRW", "SGD", "HKD", "TRY", "RUB", "ILS", "THB", "AED", "SAR":
		return true
	}
	return false
}
