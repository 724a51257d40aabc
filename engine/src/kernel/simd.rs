//! Which instruction set the inner loops use.

/// A path that this processor can run: only such values can be made.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Simd(pub(super) Path);

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Path {
    Scalar,
    #[cfg(target_arch = "x86_64")]
    Sse2,
    #[cfg(target_arch = "x86_64")]
    Avx2,
    #[cfg(target_arch = "aarch64")]
    Neon,
}

impl Simd {
    /// The plain path, everywhere there.
    pub const SCALAR: Simd = Simd(Path::Scalar);

    /// The fastest path that this processor runs.
    pub fn detect() -> Simd {
        Simd::available().last().unwrap_or(Simd::SCALAR)
    }

    /// All paths that this processor runs, slowest first.
    pub fn available() -> impl Iterator<Item = Simd> {
        let mut paths = [Some(Path::Scalar), None, None];
        #[cfg(target_arch = "x86_64")]
        {
            paths[1] = Some(Path::Sse2);
            let avx2 = std::arch::is_x86_feature_detected!("avx2") && std::arch::is_x86_feature_detected!("fma");
            paths[2] = avx2.then_some(Path::Avx2);
        }
        #[cfg(target_arch = "aarch64")]
        {
            paths[1] = Some(Path::Neon);
        }
        paths.into_iter().flatten().map(Simd)
    }

    /// The path of this name, if this processor runs it.
    pub fn from_name(name: &str) -> Option<Simd> {
        Simd::available().find(|s| s.name() == name)
    }

    /// `scalar`, `sse2`, `avx2` or `neon`.
    pub fn name(self) -> &'static str {
        match self.0 {
            Path::Scalar => "scalar",
            #[cfg(target_arch = "x86_64")]
            Path::Sse2 => "sse2",
            #[cfg(target_arch = "x86_64")]
            Path::Avx2 => "avx2",
            #[cfg(target_arch = "aarch64")]
            Path::Neon => "neon",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_fastest_path_that_the_processor_has_is_taken() {
        #[cfg(target_arch = "x86_64")]
        let expected = match std::arch::is_x86_feature_detected!("avx2") && std::arch::is_x86_feature_detected!("fma") {
            true => "avx2",
            false => "sse2",
        };
        #[cfg(target_arch = "aarch64")]
        let expected = "neon";
        #[cfg(not(any(target_arch = "x86_64", target_arch = "aarch64")))]
        let expected = "scalar";
        assert_eq!(Simd::detect().name(), expected);
    }
}
