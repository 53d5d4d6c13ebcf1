import Layers
import Tensors

extension OptimizerRecipe {
  /// The optimizer of a model's parameters, of which those that the recipe freezes are frozen.
  public func optimizer(for parameters: [(name: String, parameter: Parameter)]) throws -> Optimizer {
    let groups = ParameterGroups(
      groups.compactMap { group in
        ParameterPattern(group.match).map {
          ParameterGroup(
            $0, rateFactor: group.rateFactor, weightDecay: group.weightDecay, isFrozen: group.frozen)
        }
      }, layerDecay: layerDecay)
    try groups.freeze(parameters)
    let treatments = groups.treatments(parameters)
    return Optimizer(
      optimizerRule, parameters, weightDecay: Ramp(from: weightDecay, to: weightDecayEnd ?? weightDecay)
    ) { name, parameter in treatments[name] ?? Treatment(parameter) }
  }

  private var optimizerRule: any OptimizerRule {
    let momentum = Ramp(from: momentum, to: momentumEnd ?? momentum)
    return switch rule {
    case .adamw: AdamW(beta1: betas[0], beta2: betas[1], epsilon: epsilon)
    case .lamb: LAMB(beta1: betas[0], beta2: betas[1], epsilon: epsilon)
    case .sgd: SGD(momentum: momentum, isNesterov: nesterov)
    case .lars: LARS(momentum: momentum, isNesterov: nesterov, trust: trust, onlyShortens: clipTrust)
    }
  }

  /// The learning rate of a training of so many steps.
  public func rateSchedule(steps: Int) -> LearningRateSchedule {
    LearningRateSchedule(
      peak: learningRate, shape: schedule, warmup: warmup, cooldown: cooldown, finalShare: finalShare, total: steps)
  }
}
