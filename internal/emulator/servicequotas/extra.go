package servicequotas

// extra is a row that every model has and no catalog knows. Its name has {} for
// the model's.
type extra struct {
	name                  string
	value                 float64
	adjustable, unapplied bool
}

func extras() []extra {
	return []extra{
		{"On-demand latency-optimized model inference requests per minute for {}", 100, true, false},
		{"On-demand latency-optimized model inference tokens per minute for {}", 40_000, true, false},
		{"Cross-region latency-optimized model inference requests per minute for {}", 100, true, false},
		{"Cross-region latency-optimized model inference tokens per minute for {}", 500_000, true, false},
		{"On-demand InvokeModel concurrent requests for {}", 20, false, false},
		{"Batch inference input file size (in GB) for {}", 1, true, false},
		{"Batch inference job size (in GB) for {}", 5, true, false},
		{"Minimum number of records per batch inference job for {}", 100, false, false},
		{"Records per batch inference job for {}", 50_000, true, false},
		{"Records per input file per batch inference job for {}", 50_000, true, false},
		{"Sum of in-progress and submitted batch inference jobs using a base model for {}", 20, true, false},
		{"Sum of in-progress and submitted batch inference jobs using a custom model for {}", 3, true, false},
		{"Model units per provisioned model for {}", 0, true, true},
		{"Model units no-commitment Provisioned Throughputs across base models for {}", 2, true, true},
		{"Model units no-commitment Provisioned Throughputs across custom models for {}", 2, true, true},
		{"Custom model inference requests per minute for {}", 100, true, true},
		{"Custom model inference tokens per minute for {}", 100_000, true, true},
		{"Sum of training and validation records for a {} Fine-tuning job", 20_000, true, false},
		{"Sum of training and validation records for a {} Distillation job", 15_000, true, false},
		{"Maximum input file size for fine-tuning jobs of {}", 10, false, false},
		{"Scheduled customization jobs of {}", 2, true, false},
		{"Custom models of {} per account", 100, true, false},
		{"Model evaluation jobs in progress for {}", 20, false, false},
		{"Number of prompts in an automatic model evaluation of {}", 1000, false, false},
	}
}
