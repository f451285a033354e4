//! Prices, each by its name: list prices of us-east-1 without free tiers, and AWS's page on which each can
//! be checked. The document says where they are from, and to check them before quoting.

/// A price.
pub(crate) struct Price {
    pub(crate) name: &'static str,
    pub(crate) dollars: f64,
    /// What for.
    pub(crate) per: &'static str,
    /// Where AWS says it.
    pub(crate) page: &'static str,
}

impl Price {
    const fn per_million(name: &'static str, dollars: f64, per: &'static str) -> Self {
        let page = "";
        Self {
            name,
            dollars,
            per,
            page,
        }
    }

    const fn on(self, page: &'static str) -> Self {
        Self { page, ..self }
    }
}

pub(crate) const API: Price = Price::per_million("API Gateway, HTTP API", 1.00, "million requests")
    .on("Amazon API Gateway pricing");
pub(crate) const FUNCTION_URL: Price =
    Price::per_million("Lambda function URL", 0.00, "million requests").on("AWS Lambda pricing");
pub(crate) const INVOCATION: Price =
    Price::per_million("Lambda, invocations", 0.20, "million invocations").on("AWS Lambda pricing");
pub(crate) const DURATION: Price =
    Price::per_million("Lambda on arm64, duration", 13.3334, "million GB-seconds")
        .on("AWS Lambda pricing");
pub(crate) const READ_UNIT: Price = Price::per_million(
    "DynamoDB on demand, reads",
    0.125,
    "million read units: one is a strongly consistent read of up to 4 KB, or two others",
)
.on("Amazon DynamoDB pricing, on-demand");
pub(crate) const WRITE_UNIT: Price = Price::per_million(
    "DynamoDB on demand, writes",
    0.625,
    "million write units: one is 1 KB of an item, begun; a write that its condition refuses counts as well",
).on("Amazon DynamoDB pricing, on-demand");
pub(crate) const SQS: Price =
    Price::per_million("SQS, standard queue", 0.40, "million requests").on("Amazon SQS pricing");
pub(crate) const S3_WRITE: Price =
    Price::per_million("S3, PUT, COPY, POST and LIST", 5.00, "million requests")
        .on("Amazon S3 pricing, requests");
pub(crate) const S3_READ: Price = Price::per_million("S3, GET and HEAD", 0.40, "million requests")
    .on("Amazon S3 pricing, requests");
pub(crate) const LOGS: Price = Price::per_million(
    "CloudWatch Logs, ingestion",
    500.00,
    "million MB (0.50 per GB, the first 10 TB of a month)",
)
.on("Amazon CloudWatch pricing, logs");
pub(crate) const TRANSFER: Price = Price::per_million(
    "between regions, US and Europe",
    20_000.00,
    "million GB (0.02 per GB)",
)
.on("Amazon EC2 on-demand pricing, data transfer");

/// All of them, in the document's order.
pub(crate) const PRICES: [&Price; 11] = [
    &API,
    &FUNCTION_URL,
    &INVOCATION,
    &DURATION,
    &READ_UNIT,
    &WRITE_UNIT,
    &SQS,
    &S3_WRITE,
    &S3_READ,
    &LOGS,
    &TRANSFER,
];

/// What is charged for a call, how often: of what is not on the bill, nothing.
///
/// # Panics
/// For a call that nobody has said a price of.
pub(crate) fn of(call: &str, write_units: f64) -> Option<(&'static Price, f64)> {
    let (service, operation) = call.split_once(' ').expect("a service and an operation");
    Some(match (service, operation) {
        ("API", _) => (&API, 1.0),
        ("Lambda", _) => (&INVOCATION, 1.0),
        ("DynamoDB", "GetItem") => (&READ_UNIT, 0.5),
        ("DynamoDB", "GetItem, strong") => (&READ_UNIT, 1.0),
        ("DynamoDB", "PutItem" | "UpdateItem") => (&WRITE_UNIT, write_units),
        ("SQS", _) => (&SQS, 1.0),
        ("S3", "HeadObject" | "GetObjectTagging") => (&S3_READ, 1.0),
        ("S3", "DeleteObject" | "AbortMultipartUpload") => return None,
        ("S3", operation) if is_a_write(operation) => (&S3_WRITE, 1.0),
        // Whoever has the source pays for what it is asked; the bill says which one is a bucket.
        ("source", _) => return None,
        _ => panic!("what does {call} cost?"),
    })
}

fn is_a_write(operation: &str) -> bool {
    let begins = ["Put", "Copy", "Create", "Upload", "Complete", "List"];
    begins.iter().any(|begin| operation.starts_with(begin))
}
