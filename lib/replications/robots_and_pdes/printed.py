"""What the two papers print and draw of their lines: Lin et al. in Figure 5, Herde et al. in Figure 1 and their supplement."""

#: Task and axis -> prefactor, exponent and Pearson's r of the dashed line.
ROBOTS = {
    ("pour_water", "objects"): (0.825, 0.703, -0.987),
    ("pour_water", "envs"): (1.180, 0.844, -0.960),
    ("pour_water", "pairs"): (1.068, 0.579, -0.980),
    ("mouse", "objects"): (0.826, 0.697, -0.991),
    ("mouse", "envs"): (0.827, 0.466, -0.966),
    ("mouse", "pairs"): (1.263, 0.683, -0.942),
}
#: Task -> r of log gap and log number of demonstrations (caption of Figure 7).
DEMOS = {"pour_water": -0.62, "mouse": -0.79}
#: Panel of Figure 1 -> name of the task in the tables: inferred from exponents, so that their agreement shows no more.
NAMES = {"NS": "NS-PwC", "CompEuler": "CE-RPUI", "Wave": "Wave-Layer", "Poisson": "Poisson-Gauss"}
#: Task -> exponents of Poseidon-B and FNO (Table 7).
EXPONENTS = {"NS": (0.36, 0.34), "CompEuler": (0.35, 0.23), "Wave": (0.57, 0.43), "Poisson": (0.99, 0.61)}
#: Task -> level at one trajectory, and exponent, of the line that Figure 1 draws for Poseidon-B; traced in the columns of
#: its picture (assets/fig1.png) that lie between markers, 22 or 23 of them, but 5 for Poisson, whose line starts at 32.
DRAWN = {"NS": (0.090, 0.360), "CompEuler": (0.569, 0.355), "Wave": (1.58, 0.491), "Poisson": (10.96, 0.999)}
#: Task -> efficiency and accuracy gain of Poseidon-B (Table 8).
GAINS = {"NS": (1024.0, 19.7), "CompEuler": (370.8, 6.2), "Wave": (24.9, 4.7), "Poisson": (24.4, 13.0)}
#: Task -> FNO's trajectories for the efficiency gain, and both models' for the accuracy gain (Table 1).
SAMPLES = {"NS": (1024, 128), "CompEuler": (1024, 128), "Wave": (1024, 128), "Poisson": (4096, 512)}
