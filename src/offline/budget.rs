use std::cell::Cell;

/// Steps that reading one sentence may take: twenty times what any sentence of the corpus takes, and still a few
/// milliseconds.
pub(super) const MOST_STEPS: u32 = 200_000;

/// What is left of the work that one sentence is worth. A pattern with many optional words can be matched in very many
/// ways; whoever runs out of steps is not sure.
#[derive(Debug)]
pub(super) struct Budget {
    left: Cell<u32>,
}

impl Budget {
    pub(super) fn new() -> Self {
        Self { left: Cell::new(MOST_STEPS) }
    }

    /// Takes one step; `false` when there is none left.
    pub(super) fn step(&self) -> bool {
        let left = self.left.get();
        self.left.set(left.saturating_sub(1));
        left > 0
    }

    pub(super) fn is_spent(&self) -> bool {
        self.left.get() == 0
    }

    pub(super) fn used(&self) -> u32 {
        MOST_STEPS - self.left.get()
    }
}
