//! 32-bit float stereo WAV files.

use crate::take::Take;
use std::path::Path;

/// Writes a take.
///
/// # Errors
/// When the file can't be written.
pub fn write(path: &Path, take: &Take) -> Result<(), hound::Error> {
    let spec = hound::WavSpec {
        channels: 2,
        sample_rate: take.sample_rate_hz as u32,
        bits_per_sample: 32,
        sample_format: hound::SampleFormat::Float,
    };
    let mut writer = hound::WavWriter::create(path, spec)?;
    for (left, right) in take.left.iter().zip(&take.right) {
        writer.write_sample(*left)?;
        writer.write_sample(*right)?;
    }
    writer.finalize()
}

/// Reads a WAV file of one or two channels.
///
/// # Errors
/// When the file can't be read, or has more channels.
pub fn read(path: &Path) -> Result<Take, hound::Error> {
    let mut reader = hound::WavReader::open(path)?;
    let spec = reader.spec();
    if spec.channels == 0 || spec.channels > 2 {
        return Err(hound::Error::Unsupported);
    }
    let samples: Vec<f32> = match spec.sample_format {
        hound::SampleFormat::Float => reader.samples::<f32>().collect::<Result<_, _>>()?,
        hound::SampleFormat::Int => {
            let scale = 1.0 / (1i64 << (spec.bits_per_sample - 1)) as f32;
            reader.samples::<i32>().map(|s| s.map(|s| s as f32 * scale)).collect::<Result<_, _>>()?
        }
    };
    let channels = usize::from(spec.channels);
    let mut take = Take::new(f64::from(spec.sample_rate), 0);
    take.left = samples.iter().step_by(channels).copied().collect();
    take.right = samples.iter().skip(channels - 1).step_by(channels).copied().collect();
    Ok(take)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_take_comes_back_from_disk_as_it_was() {
        let folder = tempfile::tempdir().unwrap();
        let mut take = Take::new(48_000.0, 3);
        take.left = vec![0.0, 1.5, -0.25];
        take.right = vec![0.5, f32::MIN_POSITIVE, 0.0];
        write(&folder.path().join("a.wav"), &take).unwrap();
        let back = read(&folder.path().join("a.wav")).unwrap();
        assert_eq!(back.first_difference(&take), None);
        assert_eq!(back.sample_rate_hz, 48_000.0);
    }
}
