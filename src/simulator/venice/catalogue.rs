//! The models that are called, and the keys that call them.

use rust_decimal::Decimal;

/// A model.
#[derive(Debug)]
pub(crate) struct Model {
    /// The id, also the start of its SKUs.
    pub(super) id: &'static str,
    /// The name in analytics.
    pub(super) name: &'static str,
    /// `text`, `image` and so on.
    pub(super) kind: &'static str,
    /// What analytics counts.
    pub(super) unit: &'static str,
    /// What it costs.
    pub(super) meter: Meter,
}

/// What a model costs, in cents.
#[derive(Debug, Clone, Copy)]
pub(super) enum Meter {
    /// For a million tokens.
    Tokens {
        /// Read afresh.
        input: i64,
        /// Read from the cache; equal to `input` where there is no cache.
        cached: i64,
        /// Written; zero where nothing is.
        output: i64,
    },
    /// For a piece, billed under this suffix.
    Pieces {
        /// Of the SKU.
        suffix: &'static str,
        /// Each.
        price: i64,
    },
}

/// What a row of the ledger bills.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Part {
    /// Tokens read afresh.
    Input,
    /// Tokens read from the cache.
    CacheRead,
    /// Tokens written.
    Output,
    /// Images, videos.
    Piece,
}

impl Part {
    /// Its name in analytics. `None`: pieces are not broken down.
    pub(super) const fn name(self) -> Option<&'static str> {
        match self {
            Self::Input => Some("Input"),
            Self::CacheRead => Some("Cache Read"),
            Self::Output => Some("Output"),
            Self::Piece => None,
        }
    }
}

impl Model {
    /// The SKU of a part.
    pub(super) fn sku(&self, part: Part) -> String {
        let suffix = match (part, self.meter) {
            (Part::Input, _) => "llm-input-mtoken",
            (Part::CacheRead, _) => "llm-cache-input-mtoken",
            (Part::Output, _) => "llm-output-mtoken",
            (Part::Piece, Meter::Pieces { suffix, .. }) => suffix,
            (Part::Piece, Meter::Tokens { .. }) => "unit",
        };
        format!("{}-{suffix}", self.id)
    }

    /// The price of a part in dollars.
    pub(super) fn price(&self, part: Part) -> Decimal {
        let cents = match (self.meter, part) {
            (Meter::Tokens { input, .. }, Part::Input | Part::Piece) => input,
            (Meter::Tokens { cached, .. }, Part::CacheRead) => cached,
            (Meter::Tokens { output, .. }, Part::Output) => output,
            (Meter::Pieces { price, .. }, _) => price,
        };
        Decimal::new(cents, 2)
    }
}

const fn text(id: &'static str, name: &'static str, cents: [i64; 3]) -> Model {
    let [input, cached, output] = cents;
    Model {
        id,
        name,
        kind: "text",
        unit: "tokens",
        meter: Meter::Tokens {
            input,
            cached,
            output,
        },
    }
}

pub(super) static OPUS: Model = text("claude-opus-4-8", "Claude Opus 4.8", [600, 60, 3000]);
pub(super) static GLM: Model = text("zai-org-glm-5", "GLM 5", [100, 100, 320]);
pub(super) static QWEN: Model = text("qwen3-coder-480b", "Qwen 3 Coder 480B", [75, 75, 300]);
pub(super) static BGE: Model = Model {
    kind: "embedding",
    ..text("text-embedding-bge-m3", "BGE-M3", [15, 15, 0])
};
pub(super) static IMAGE: Model = Model {
    id: "qwen-image",
    name: "Qwen Image",
    kind: "image",
    unit: "images",
    meter: Meter::Pieces {
        suffix: "image-unit",
        price: 1,
    },
};
pub(super) static VIDEO: Model = Model {
    id: "wan-2-6",
    name: "Wan 2.6",
    kind: "video",
    unit: "videos",
    meter: Meter::Pieces {
        suffix: "text-to-video-duration-resolution-5s-720p",
        price: 60,
    },
};

/// Every model.
pub(super) static MODELS: [&Model; 6] = [&OPUS, &GLM, &QWEN, &BGE, &IMAGE, &VIDEO];

/// A key, or the web application, which spends like one.
#[derive(Debug)]
pub(crate) struct Caller {
    /// The key's id. `None`: the web application.
    pub(super) id: Option<&'static str>,
    /// Its description.
    pub(super) name: &'static str,
    /// `INFERENCE` or `ADMIN`.
    pub(super) kind: &'static str,
    /// The last six characters of the secret.
    pub(super) last_six: &'static str,
    /// How many days before the start it was made.
    pub(super) days_old: i64,
    /// The most it may spend of dollars and DIEM. `None`: no cap.
    pub(super) caps: [Option<i64>; 2],
    /// Over what caps are counted.
    pub(super) period: &'static str,
}

pub(super) static CI: Caller = Caller {
    id: Some("6f1c2a90-3b1e-4f77-9a51-0d2b7c41e101"),
    name: "ci-bot",
    kind: "INFERENCE",
    last_six: "c1b07a",
    days_old: 210,
    caps: [Some(25), Some(100)],
    period: "MONTH",
};
pub(super) static LAPTOP: Caller = Caller {
    id: Some("6f1c2a90-3b1e-4f77-9a51-0d2b7c41e102"),
    name: "laptop",
    last_six: "1a9709",
    days_old: 190,
    caps: [None, None],
    period: "EPOCH",
    ..CI_LIKE
};
pub(super) static NOTEBOOK: Caller = Caller {
    id: Some("6f1c2a90-3b1e-4f77-9a51-0d2b7c41e103"),
    name: "notebook",
    last_six: "b00c17",
    days_old: 120,
    caps: [None, Some(10)],
    period: "EPOCH",
    ..CI_LIKE
};
pub(super) static AGENTS: Caller = Caller {
    id: Some("6f1c2a90-3b1e-4f77-9a51-0d2b7c41e104"),
    name: "agents",
    last_six: "a6e275",
    days_old: 60,
    caps: [None, Some(1000)],
    period: "MONTH",
    ..CI_LIKE
};
pub(super) static TRAY: Caller = Caller {
    id: Some("6f1c2a90-3b1e-4f77-9a51-0d2b7c41e105"),
    name: "spendtray",
    kind: "ADMIN",
    last_six: "lator6",
    days_old: 40,
    caps: [None, None],
    period: "LIFETIME",
};
pub(super) static WEB_APP: Caller = Caller {
    id: None,
    name: "Web App",
    last_six: "",
    days_old: 0,
    caps: [None, None],
    period: "LIFETIME",
    ..CI_LIKE
};

const CI_LIKE: Caller = Caller {
    id: None,
    name: "",
    kind: "INFERENCE",
    last_six: "",
    days_old: 0,
    caps: [None, None],
    period: "EPOCH",
};

/// Every key, newest first as the vendor lists them.
pub(super) static KEYS: [&Caller; 5] = [&TRAY, &AGENTS, &NOTEBOOK, &LAPTOP, &CI];

/// Everything that spends.
pub(super) static CALLERS: [&Caller; 5] = [&CI, &LAPTOP, &NOTEBOOK, &AGENTS, &WEB_APP];
