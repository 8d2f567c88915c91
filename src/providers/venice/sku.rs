//! Venice's SKUs: which model one stands for and which class of tokens it counts.

/// What a row's SKU says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Sku<'a>(pub(super) &'a str);

/// The class of tokens a row charges for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum TokenClass {
    /// Read from a cache.
    CacheRead,
    /// Written to a cache, lifetime not told.
    CacheWrite,
    /// Written to a cache for five minutes.
    CacheWrite5m,
    /// Anything else: counted by the request's own figures.
    Other,
}

/// Where the model's name ends, most telling first.
const ENDS: [&str; 11] = [
    "-llm-",
    "-text-to-video",
    "-image-to-video",
    "-video-to-video",
    "-reference-to-video",
    "-text-to-image",
    "-image-unit",
    "-fixed-",
    "-duration-",
    "-inpaint-unit",
    "-upscale-unit",
];

impl<'a> Sku<'a> {
    /// Whether it is a top-up, which is no spend.
    pub(super) fn is_purchase(self) -> bool {
        self.0.contains("credit-purchase")
    }

    /// The model: the SKU without a known ending, else the whole SKU.
    pub(super) fn model(self) -> &'a str {
        ENDS.iter()
            .find_map(|end| self.0.split_once(end))
            .map(|(model, _)| model)
            .filter(|model| !model.is_empty())
            .unwrap_or(self.0)
    }

    /// Which tokens it charges for.
    pub(super) fn token_class(self) -> TokenClass {
        let class = self
            .0
            .split_once("-llm-")
            .and_then(|(_, rest)| rest.strip_suffix("-mtoken"))
            .map(|class| class.trim_start_matches("extended-"));
        match class {
            Some("cache-input") => TokenClass::CacheRead,
            Some("cache-write") => TokenClass::CacheWrite,
            Some("cache-write-5m") => TokenClass::CacheWrite5m,
            _ => TokenClass::Other,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_model_is_the_sku_without_its_ending() {
        for (sku, model) in [
            ("zai-org-glm-5-llm-input-mtoken", "zai-org-glm-5"),
            (
                "claude-opus-4-8-llm-extended-cache-write-5m-mtoken",
                "claude-opus-4-8",
            ),
            (
                "text-embedding-bge-m3-llm-input-mtoken",
                "text-embedding-bge-m3",
            ),
            ("flux-2-pro-image-unit", "flux-2-pro"),
            ("qwen-edit-fixed-1K-1img", "qwen-edit"),
            (
                "wan-2-6-text-to-video-duration-resolution-10s-1080p",
                "wan-2-6",
            ),
            ("elevenlabs-music-duration-based-60s", "elevenlabs-music"),
            ("something-new", "something-new"),
            ("-llm-input-mtoken", "-llm-input-mtoken"),
            ("", ""),
        ] {
            assert_eq!(Sku(sku).model(), model);
        }
    }

    #[test]
    fn cache_classes_are_told_apart() {
        let class = |sku| Sku(sku).token_class();
        assert_eq!(class("m-llm-cache-input-mtoken"), TokenClass::CacheRead);
        assert_eq!(
            class("m-llm-extended-cache-input-mtoken"),
            TokenClass::CacheRead
        );
        assert_eq!(class("m-llm-cache-write-mtoken"), TokenClass::CacheWrite);
        assert_eq!(
            class("m-llm-cache-write-5m-mtoken"),
            TokenClass::CacheWrite5m
        );
        assert_eq!(class("m-llm-output-mtoken"), TokenClass::Other);
    }
}
