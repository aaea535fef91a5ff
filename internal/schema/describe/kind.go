package describe

import (
	"slices"

	"github.com/headgate/headgate/internal/schema"
	"github.com/headgate/headgate/internal/schema/evidence"
)

// text is the length of texts of which nothing is known: 0, no bound.
func text() schema.Type { return schema.Type{Kind: string(evidence.TypeText)} }

func number() schema.Type { return schema.Type{Kind: string(evidence.TypeInteger), Bytes: 4} }

func kind(t evidence.Type) schema.Type { return schema.Type{Kind: string(t)} }

// amount is money and what is measured as finely.
func amount() schema.Type {
	return schema.Type{Kind: string(evidence.TypeDecimal), Precision: 14, Scale: 2}
}

// typeOf is the type that a name speaks for.
func typeOf(words []string) schema.Type {
	first, last := words[0], words[len(words)-1]
	has := func(list ...string) bool { return slices.Contains(list, last) }
	switch {
	case slices.Contains([]string{"is", "has", "can", "was"}, first) && len(words) > 1, has("active", "enabled", "paid", "returned", "public", "deleted", "available", "approved", "flag"):
		return kind(evidence.TypeBoolean)
	case has("latitude", "longitude", "lat", "lon", "lng"):
		return kind(evidence.TypeFloat)
	case has("uuid", "guid"):
		return kind(evidence.TypeUUID)
	case has("at") && len(words) > 1, has("timestamp", "created", "updated", "datetime"):
		return kind(evidence.TypeTimestamp)
	case has("date", "birthday", "dob", "deadline") || has("on") && len(words) > 1 || first == "date":
		return kind(evidence.TypeDate)
	case has("time"):
		return kind(evidence.TypeTime)
	case has("price", "amount", "total", "cost", "salary", "fee", "balance", "budget", "revenue", "discount", "tax", "wage", "fare", "rate", "weight", "height", "width", "distance", "temperature", "percent", "percentage"):
		return amount()
	case has("count", "quantity", "qty", "age", "year", "stock", "capacity", "minutes", "minute", "seconds", "hours", "days", "seats", "pages", "floor", "mileage", "credits", "points", "position", "rank", "rating", "score", "priority", "duration", "level", "id"),
		first == "number" && len(words) > 1, first == "num" && len(words) > 1:
		return number()
	}
	return text()
}

// named is the type that a word in parentheses names; false for none.
func named(word string) (schema.Type, bool) {
	switch word {
	case "text", "string", "varchar", "char":
		return text(), true
	case "int", "integer", "number", "bigint":
		return number(), true
	case "decimal", "numeric", "money", "currency":
		return amount(), true
	case "float", "double", "real":
		return kind(evidence.TypeFloat), true
	case "bool", "boolean", "flag":
		return kind(evidence.TypeBoolean), true
	case "date", "time", "timestamp", "uuid", "json":
		return schema.Type{Kind: word}, true
	case "datetime":
		return kind(evidence.TypeTimestamp), true
	}
	return schema.Type{}, false
}
