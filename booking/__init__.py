"""Slots, holds, bookings: the rules, the store behind them, and the words that leave the house."""
