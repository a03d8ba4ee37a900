"""The ground: terrain models, horizons over the curved Moon, light, visibility, slopes."""
