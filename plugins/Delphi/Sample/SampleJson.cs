using System.Text.Json;
using System.Text.Json.Serialization;
using DelphiRunner.Plugins.Delphi.Sample.Batches;
using DelphiRunner.Plugins.Delphi.Sample.Statistics;

namespace DelphiRunner.Plugins.Delphi.Sample;

/// <summary>The JSON of the files, with keys in snake_case.</summary>
[JsonSourceGenerationOptions(
    PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower, WriteIndented = true, DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull)]
[JsonSerializable(typeof(Analysis))]
[JsonSerializable(typeof(PipelineReport))]
[JsonSerializable(typeof(Batch))]
[JsonSerializable(typeof(BatchRequest))]
[JsonSerializable(typeof(CreateReport))]
[JsonSerializable(typeof(CheckReport))]
internal sealed partial class SampleJson : JsonSerializerContext;

/// <summary>What the pipeline reports to its host.</summary>
internal sealed record PipelineReport(
    string ResultsFile, int Participants, int Comments, int Votes, int Groups, IReadOnlyList<int> GroupSizes, double? Silhouette);

/// <summary>What a submission reports to its host; the attributes are for the job's row.</summary>
internal sealed record CreateReport(string BatchId, string Model, int Requests, string BatchFolder, CreateAttributes Attributes);

/// <summary>What a submission found out about its row.</summary>
internal sealed record CreateAttributes(string BatchId, string Model);

/// <summary>What a check reports to its host.</summary>
internal sealed record CheckReport(string BatchId, int Requests, int Answered, string NarrativesFolder);
