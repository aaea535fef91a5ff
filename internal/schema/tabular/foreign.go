package tabular

func (f *finder) parquet(b *blob) error {
	f.skip(b.source, "is a Parquet file: write it as CSV or JSON.")
	return nil
}

func (f *finder) xlsx(b *blob) error {
	f.skip(b.source, "is a workbook: save its sheets as CSV.")
	return nil
}
