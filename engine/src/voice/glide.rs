//! The way of a voice's pitch from one key to the next.

/// Moves linearly in pitch and takes the same time for any interval.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Glide {
    from: f64,
    to: f64,
    frames: f64,
    done: f64,
}

impl Glide {
    /// Rests somewhere.
    pub(crate) const REST: Glide = Glide { from: 60.0, to: 60.0, frames: 0.0, done: 0.0 };

    /// Rests at a key.
    pub(crate) fn at(key: f64) -> Glide {
        Glide { from: key, to: key, frames: 0.0, done: 0.0 }
    }

    /// Goes from where it is to `key` in `frames`.
    pub(crate) fn go(&mut self, key: f64, frames: f64) {
        *self = Glide { from: self.key(), to: key, frames, done: 0.0 };
    }

    /// Now, as a key with fractions; exactly the goal once there.
    pub(crate) fn key(&self) -> f64 {
        if self.done >= self.frames { self.to } else { self.from + (self.to - self.from) * (self.done / self.frames) }
    }

    /// Is it there?
    pub(crate) fn is_done(&self) -> bool {
        self.done >= self.frames
    }

    /// Some frames later.
    pub(crate) fn advance(&mut self, frames: usize) {
        if self.done < self.frames {
            self.done += frames as f64;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::Glide;

    #[test]
    fn half_the_time_is_half_the_interval_and_the_end_is_exact() {
        let mut glide = Glide::at(60.0);
        glide.go(67.0, 1000.0);
        glide.advance(500);
        assert_eq!(glide.key(), 63.5);
        glide.advance(600);
        assert_eq!(glide.key(), 67.0);
    }
}
